"""Quick forms of the rules for inventories, whose rows come by the million."""
