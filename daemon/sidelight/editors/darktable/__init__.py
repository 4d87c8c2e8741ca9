"""darktable: a Recipe as native, editable operations in darktable's sidecar."""
