"""The verification face: read-only pages and JSON for whoever holds a certificate in their hand."""
