"""Plots as SVG, made by the server: pure functions from values to markup for a template.

Positions across are percentages, so a plot has the width of the page while its text keeps its size.
Colours come from the style sheet, by class; without it a plot is drawn in the colour of the text.
"""
