"""Arctic-TILT on plain PyTorch: T5 with two-dimensional attention biases and a U-Net's view of the page at each token.

In: a checkpoint in the published format. Out: an `Engine` (engine.py of this package). The only part of the project
that computes with torch. A document goes through the modules in this order: tokens_and_boxes, images, unet,
roi_pooling, encoder, decoder, generation.

Sources: the TILT paper (Powalski et al., "Going Full-TILT Boogie on Document Understanding", 2021), the Arctic-TILT
paper (Borchmann et al., 2024) and the names and shapes of the published checkpoint.
"""
