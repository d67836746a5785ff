"""The rows of what Kinto and the older capabilities answer, by heading of the document."""

from kinto_buildhub.api_docs.endpoints.builds import BUILDS
from kinto_buildhub.api_docs.endpoints.catalogue import CATALOGUE
from kinto_buildhub.api_docs.endpoints.publish import PUBLISH
from kinto_buildhub.api_docs.endpoints.resources import RESOURCES
from kinto_buildhub.api_docs.endpoints.search import SEARCH
from kinto_buildhub.api_docs.endpoints.server import SERVER

OPERATIONS = (*BUILDS, *SEARCH, *CATALOGUE, *PUBLISH, *RESOURCES, *SERVER)
