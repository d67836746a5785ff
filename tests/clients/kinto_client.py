"""Reads and writes with kinto-http.py: kinto_client.py SERVER BUCKET RECORDS. Prints JSON."""

import json
import sys

import kinto_http


def main(server, bucket, records):
    client = kinto_http.Client(
        server_url=server, bucket=bucket, collection="releases", auth=("publisher", "secret")
    )
    first, second, third = json.loads(records)
    with client.batch() as batch:
        for record in (first, second, third):
            batch.create_record(data=record)
    since = client.get_records_timestamp()
    old = client.get_record(id=first["id"])["data"]
    client.update_record(data={**first, "build": {**first["build"], "number": 2}})
    client.delete_record(id=second["id"])
    anonymous = kinto_http.Client(server_url=server, bucket=bucket, collection="releases")
    answer = {
        "created": [each["data"]["id"] for each in batch.results()],
        "filtered": ids(anonymous.get_records(**{"build.id": third["build"]["id"]})),
        "paged": ids(anonymous.get_records(_limit=1, _sort="id", pages=3)),
        "first_page": ids(anonymous.get_records(_limit=1, _sort="id")),
        "changed": [
            [each["id"], each.get("deleted", False)]
            for each in anonymous.get_records(_since=since, _sort="id")
        ],
        "conflict": status(
            client.update_record, data=first, if_match=old["last_modified"], safe=True
        ),
        "existing": status(client.create_record, data=third, safe=True),
        "forbidden": status(anonymous.delete_record, id=third["id"]),
        "missing": status(client.get_record, id=second["id"]),
        "refused": refused_batch(client, third),
    }
    print(json.dumps(answer))


def ids(records):
    return [each["id"] for each in records]


def status(ask, **arguments):
    """Return the status of a request that fails."""
    try:
        return ask(**arguments)
    except kinto_http.KintoException as exc:
        return exc.response.status_code


def refused_batch(client, record):
    """Return the message about a part of a batch that its schema refuses."""
    try:
        with client.batch() as batch:
            batch.update_record(data=record)
            batch.update_record(id="wrong", data={"target": {"version": 53}})
    except kinto_http.KintoException as exc:
        return str(exc)


main(*sys.argv[1:])
