"""What happened, as a closed set of facts. Events are the truth; everything a person sees is folded from them."""
