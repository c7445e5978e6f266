"""DiffuRec: a diffusion model for sequential recommendation (Li, Sun, Li; TOIS 2023).

The engine behind the `diffurec` command: data, model, training, evaluation and inspection.
It knows no terminal.
"""

__version__ = "0.1.0"
