"""What a connector is written with in Python.

One subject a module:

- `contract`: the types of the contract, and `new`, which fills in what may be left out
- `request`: headers, query and settings; what a webhook is answered with
- `signature`: digests over bytes, compared in constant time, with every secret in rotation
- `payload`: JSON that loses nothing
- `refusal`: why a webhook is not taken
- `calls`: calls that the host makes
- `failure`: why something could not be sent or fetched
- `sending`: what connectors that send have in common
- `split`: long texts in pieces
- `steps`: what `build.py` puts between the component and the classes of an author

A connector is pure: everything it may know is an argument, everything it wants is in its answer. Import at the top of a
file: when the component runs, there are no files left to import from.
"""

# So are codecs and what the library loads only when it is asked: these are loaded while the component is made.
import encodings.cp1252
import encodings.latin_1
import encodings.utf_16_be
import encodings.utf_16_le  # noqa: F401
