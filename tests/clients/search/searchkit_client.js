// Asks a collection with Searchkit 4: node searchkit_client.js URL. Prints JSON.

const makeApi = require("@searchkit/api").default;

const SETTINGS = {
  search_attributes: [{ field: "source.product", weight: 3 }, "target.locale"],
  result_attributes: ["source.product", "target.version"],
  highlight_attributes: ["source.product"],
  facet_attributes: [
    { attribute: "os", field: "target.os", type: "string" },
    { attribute: "size", field: "download.size", type: "numeric" },
    "target.channel",
  ],
  sorting: {
    default: { field: "_score", order: "desc" },
    _newest: { field: "download.date", order: "desc" },
  },
};

async function main([url]) {
  const api = makeApi({ connection: { host: url }, search_settings: SETTINGS });
  const search = async (params, indexName = "releases") =>
    (await api.handleRequest([{ indexName, params }])).results[0];
  const misspelt = await search({ query: "firefxo" });
  const facets = await search({ query: "", facets: ["os"], facetFilters: [["os:mac"]] });
  const large = await search({ query: "", numericFilters: ["size>=2000000"], facets: ["*"] });
  const values = await search({ facetName: "target.channel", facetQuery: "ni" });
  console.log(
    JSON.stringify({
      misspelt: misspelt.nbHits,
      highlighted: misspelt.hits[0]._highlightResult.source.product.matchedWords,
      start: (await search({ query: "thund" })).nbHits,
      facets: facets.facets,
      large: large.nbHits,
      values: values.facetHits.map((each) => [each.value, each.count]),
      newest: (await search({ query: "", hitsPerPage: 1 }, "releases_newest")).hits[0].objectID,
    })
  );
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
