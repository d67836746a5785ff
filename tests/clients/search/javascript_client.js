// Asks a collection with the official client: node javascript_client.js PACKAGE URL. Prints JSON.

const fs = require("fs");
const path = require("path");

const QUERY = { term: { "target.os": "mac" } };
const IDS = ["record-001", "none"];
const AGGS = { products: { terms: { field: "source.product", order: { _key: "asc" } } } };

async function main([name, url]) {
  const { Client } = require(name);
  const manifest = path.join(__dirname, "node_modules", name, "package.json");
  const client = new Client({ node: url });
  const found = await client.search({ query: QUERY, size: 3, sort: ["id"], aggs: AGGS });
  const many = await client.msearch({
    searches: [{}, { query: QUERY, size: 0 }, {}, { query: { foo: {} } }],
  });
  const named = await client.search({ index: "releases", size: 0, track_total_hits: true });
  const mapping = await client.indices.getMapping();
  console.log(
    JSON.stringify({
      version: JSON.parse(fs.readFileSync(manifest)).version,
      total: found.hits.total,
      ids: found.hits.hits.map((hit) => hit._id),
      products: Object.fromEntries(
        found.aggregations.products.buckets.map((each) => [each.key, each.doc_count])
      ),
      count: (await client.count({ query: QUERY })).count,
      statuses: many.responses.map((each) => each.status),
      named_total: named.hits.total.value,
      mapped: Object.values(mapping).map((each) => Object.keys(each.mappings.properties)),
      named_count: (await client.count({ index: "releases" })).count,
      ping: await client.ping(),
      server: (await client.info()).tagline,
      document: (await client.get({ index: "releases", id: "record-001" }))._source.id,
      source: (await client.getSource({ index: "releases", id: "record-001" })).id,
      exists: await each((id) => client.exists({ index: "releases", id })),
      exists_source: await each((id) => client.existsSource({ index: "releases", id })),
      found: [
        ...(await client.mget({ index: "releases", ids: IDS })).docs,
        ...(await client.mget({ docs: IDS.map((_id) => ({ _index: "releases", _id })) })).docs,
      ].map((document) => document.found),
      scrolled: await scrolled(client),
      missing: await client.get({ index: "releases", id: "none" }).catch(nameAndStatus),
      refused: await refusal(client, { query: { foo: {} } }),
      elsewhere: await refusal(client, { index: "other" }),
    })
  );
}

// Returns what a function returns for each of the IDs.
function each(ask) {
  return Promise.all(IDS.map(ask));
}

// Returns the IDs that the helper for scrolling finds.
async function scrolled(client) {
  const ids = [];
  for await (const page of client.helpers.scrollSearch({ size: 7, query: QUERY })) {
    ids.push(...page.body.hits.hits.map((hit) => hit._id));
  }
  return ids;
}

function nameAndStatus(error) {
  return [error.name, error.statusCode];
}

// Returns error, status, message, error type and reason of a search that is refused.
function refusal(client, search) {
  return client
    .search(search)
    .catch((error) => [
      ...nameAndStatus(error),
      error.body.message,
      error.body.error.type,
      error.body.error.reason,
    ]);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
