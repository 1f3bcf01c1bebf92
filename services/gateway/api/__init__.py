"""The HTTP face: routes from the contract table, problem documents, pages, and the few routes written by hand."""
