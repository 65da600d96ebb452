"""Text to typed values: amounts, dates, currencies, and the words that locales have for them. Pure; a leaf."""
