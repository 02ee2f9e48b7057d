"""Connect to MijnOverheid Lopende Zaken: infrastructure and compliance as code."""

__version__ = "0.1.0"
