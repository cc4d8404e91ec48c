"""What scores: `base` is the contract; popularity, content, item_item, factors are four cores; hybrid blends them."""
