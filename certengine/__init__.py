"""certengine: skills-certification examinations from question bank to verifiable certificate."""

__version__ = "0.1.0"
