"""Collaboration protocol agreements (CPA 2.0b, OASIS ebXML CPPA) in the profile of Digikoppeling."""
