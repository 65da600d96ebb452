"""Which amounts of a document are its subtotal, its tax and its total."""
