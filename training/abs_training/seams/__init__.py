"""The network that tells where digits of a line part, which `readDigits` cuts by."""
