"""The command-line face of certengine: parse, call a service, show. Thin."""
