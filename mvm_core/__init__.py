"""Reading of plain spine radiographs: malignant metastasis or benign fracture."""

__version__ = "0.1.0"
