"""The pages of the app: what is shown; no science in them."""
