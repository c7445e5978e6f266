"""DiffuRec written the plain way, from the paper's equations: the fixed yardstick of every speed claim.

Nothing here is meant to be fast, and nothing here is used by the program. It pads every history to the
full width, computes every query of every block, works in float32, draws λ on the CPU and feeds
examples one by one through a DataLoader, as a first implementation of the paper does. With the same
weights and the same draws it agrees with the engine on the loss and its gradients.
"""
