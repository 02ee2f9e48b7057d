"""A small ebMS 2.0 message service handler in the profile of Digikoppeling, for the lab and as its partner.

Never fit for production. Needs only Debian 12: Python 3.11, lxml 4.9, aiohttp 3.8, cryptography 38.
Layers, outside in: :mod:`service` starts and stops; :mod:`server`, :mod:`rest` and :mod:`client` carry
bytes; :mod:`mime` and :mod:`envelope` turn bytes into values; :mod:`msh` decides; :mod:`engine` acts on
it; :mod:`delivery` repeats; :mod:`store` remembers.
"""
