"""Fast forms of the rules, for inventories, which have millions of rows. Nothing else uses them."""
