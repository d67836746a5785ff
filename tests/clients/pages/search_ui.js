// A Search UI page of the catalogue, without a browser: node search_ui.js COLLECTION_URL.
// Does what somebody does on it, step by step. Prints the requests and answers as JSON.

const { SearchDriver } = require("@elastic/search-ui");
const { default: Connector } = require("@elastic/search-ui-elasticsearch-connector");

const steps = [];

function listen() {
  const send = globalThis.fetch;
  globalThis.fetch = async (url, options) => {
    const answer = await send(url, options);
    const step = steps[steps.length - 1];
    if (step.body) throw new Error(`${step.name}: more than one request was sent`);
    step.body = JSON.parse(options.body);
    step.answer = await answer.clone().json();
    return answer;
  };
}

function makePage(url) {
  const [, host, index] = url.match(/^(.*\/)([^/]+)$/);
  return new SearchDriver({
    apiConnector: new Connector({ host, index }),
    trackUrlState: false,
    alwaysSearchOnInitialLoad: true,
    initialState: { resultsPerPage: 5, sortList: [{ field: "download.date", direction: "desc" }] },
    searchQuery: {
      search_fields: { "source.product": { weight: 3 }, "target.version": {}, "target.locale": {} },
      result_fields: {
        "source.product": { snippet: { size: 100, fallback: true } },
        "target.version": { raw: {} },
        "download.date": { raw: {} },
      },
      disjunctiveFacets: ["target.platform"],
      facets: {
        "source.product": { type: "value", size: 50, sort: "count" },
        "target.platform": { type: "value", size: 50, sort: "value" },
        "download.size": {
          type: "range",
          ranges: [
            { from: 0, to: 5000000, name: "small" },
            { from: 5000000, name: "large" },
          ],
        },
        "download.date": {
          type: "range",
          ranges: [
            { from: "2011-01-01T00:00:00Z", to: "2015-01-01T00:00:00Z", name: "before 2015" },
            { from: "2015-01-01T00:00:00Z", name: "since 2015" },
          ],
        },
      },
    },
    autocompleteQuery: {
      results: {
        resultsPerPage: 100,
        search_fields: { "source.product": {} },
        result_fields: { "source.product": { raw: {} } },
      },
    },
  });
}

async function step(page, name, act) {
  steps.push({ name });
  act(page.getActions());
  // It waits a moment after each action, and then tells when it has loaded.
  for (let waited = 0; waited < 100; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { isLoading, error } = page.getState();
    if (error) throw new Error(`${name}: ${error}`);
    if (steps[steps.length - 1].answer && !isLoading) return;
  }
  throw new Error(`${name}: nothing was sent`);
}

async function main(url) {
  listen();
  steps.push({ name: "the page opens" });
  const page = makePage(url);
  await step(page, steps.pop().name, () => {});
  const go = (name, act) => step(page, name, act);
  await go("a word is typed", (actions) => actions.setSearchTerm("fennec"));
  await go("two words are typed", (actions) => actions.setSearchTerm("fennec 56.0"));
  await go("a word is being typed", (actions) =>
    actions.setSearchTerm("fenn", { autocompleteResults: true, refresh: false }));
  await go("the text is taken away", (actions) => actions.setSearchTerm(""));
  await go("a product is chosen", (actions) => actions.addFilter("source.product", "firefox", "any"));
  await go("a platform is chosen", (actions) => actions.addFilter("target.platform", "win32", "any"));
  await go("another platform is chosen", (actions) =>
    actions.addFilter("target.platform", "macosx", "any"));
  await go("a size is chosen", (actions) =>
    actions.addFilter("download.size", { from: 5000000, name: "large" }, "all"));
  await go("a time is chosen", (actions) =>
    actions.addFilter(
      "download.date",
      { from: "2015-01-01T00:00:00Z", name: "since 2015" },
      "all"
    ));
  await go("filters are cleared", (actions) => actions.clearFilters());
  await go("sorted by version", (actions) =>
    actions.setSort([
      { field: "target.version.order", direction: "desc" },
      { field: "id", direction: "asc" },
    ]));
  await go("the second page", (actions) => actions.setCurrent(2));
  await go("more on a page", (actions) => actions.setResultsPerPage(20));
  console.log(JSON.stringify(steps));
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
