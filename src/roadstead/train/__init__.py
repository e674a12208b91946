"""Fine-tunes a pre-trained model to the domain: a recipe in, a run folder and a bundle out. The only torch in the tree."""
