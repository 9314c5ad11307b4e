"""Print the schema: `python -m gateway.schema > gateway/schema.graphql`."""

import sys

from gateway.schema.schema import schema

sys.stdout.write(schema(production=False).as_str() + "\n")
