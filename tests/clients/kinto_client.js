// Reads and writes with kinto-http: node kinto_client.js SERVER BUCKET RECORDS. Prints JSON.

const KintoClient = require("kinto-http").default;

const AUTHORIZATION = `Basic ${Buffer.from("publisher:secret").toString("base64")}`;

async function main([server, bucket, records]) {
  const open = (options) => new KintoClient(server, options).bucket(bucket).collection("releases");
  const collection = open({ headers: { Authorization: AUTHORIZATION } });
  const anonymous = open({});
  const [first, second, third] = JSON.parse(records);
  const created = await collection.batch((batch) => {
    for (const record of [first, second, third]) batch.createRecord(record);
  });
  const since = await collection.getRecordsTimestamp();
  const old = (await collection.getRecord(first.id)).data;
  await collection.updateRecord({ ...first, build: { ...first.build, number: 2 } });
  await collection.deleteRecord(second.id);
  const pages = await anonymous.listRecords({ limit: 1, sort: "id", pages: Infinity });
  const changed = await anonymous.listRecords({ since, sort: "id" });
  const parts = await collection.batch((batch) => {
    batch.updateRecord(third);
    batch.updateRecord({ id: "wrong", target: { version: 53 } });
  });
  console.log(
    JSON.stringify({
      created: created.map((each) => each.body.data.id),
      filtered: ids(await anonymous.listRecords({ filters: { "build.id": third.build.id } })),
      paged: ids(pages),
      first_page: ids(await anonymous.listRecords({ limit: 1, sort: "id" })),
      total: await anonymous.getTotalRecords(),
      changed: changed.data.map((each) => [each.id, each.deleted || false]),
      conflict: await status(
        collection.updateRecord(first, { safe: true, last_modified: old.last_modified })
      ),
      existing: await status(collection.createRecord(third, { safe: true })),
      forbidden: await status(anonymous.deleteRecord(third.id)),
      missing: await status(collection.getRecord(second.id)),
      refused: parts[1].body.message,
    })
  );
}

function ids({ data }) {
  return data.map((each) => each.id);
}

/** Return the status of a request that fails. */
async function status(answer) {
  try {
    return await answer;
  } catch (error) {
    return error.response ? error.response.status : error.data.code;
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
