"""The networks of `readDigits`: where digits of a line part, and what is one digit."""
