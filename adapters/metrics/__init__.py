"""Where figures are gathered."""
