"""Read models: from the store and the definitions to what a page shows. Nothing here knows HTTP."""
