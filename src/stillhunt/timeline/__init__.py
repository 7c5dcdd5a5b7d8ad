"""What happens in the life of a campaign: it begins, is called, moves to new models, is banned and grows again."""
