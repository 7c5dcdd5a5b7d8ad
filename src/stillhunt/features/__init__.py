"""What a text, a client and an account say, as numbers: `featurise` and `account_keys` are the two ways in.

Import them from their modules: `stillhunt.features.featurise` and `stillhunt.features.accounts`.
"""
