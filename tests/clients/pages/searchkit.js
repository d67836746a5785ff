// A SearchKit page of the catalogue, without a browser: node searchkit.js COLLECTION_URL.
// Does what somebody does on it, step by step. Prints the requests and answers as JSON.

const React = require("react");
const { renderToString } = require("react-dom/server");
const Searchkit = require("searchkit");

const FIELDS = ["source.product^10", "target.version^10", "target.locale^5", "target.platform^2"];
const steps = [];

function makePage(url, { queryBuilder, operator }) {
  const searchkit = new Searchkit.SearchkitManager(url, {
    useHistory: false,
    searchOnLoad: false,
    searchUrlPath: "/search",
  });
  const facet = (field, more = {}) =>
    React.createElement(Searchkit.RefinementListFilter, {
      key: field, id: field, field, title: field, operator: "OR", size: 50, ...more,
    });
  // Rendering registers what each component adds to the request.
  renderToString(
    React.createElement(
      Searchkit.SearchkitProvider,
      { searchkit },
      React.createElement(
        "div",
        null,
        React.createElement(Searchkit.SearchBox, {
          queryBuilder,
          queryFields: FIELDS,
          queryOptions: { default_operator: operator, lenient: true },
        }),
        React.createElement(Searchkit.MenuFilter, {
          id: "target.channel", field: "target.channel", title: "Channel", size: 50,
        }),
        facet("source.product"),
        facet("target.platform"),
        facet("target.locale", { operator: "AND", orderKey: "_term", orderDirection: "asc" }),
        React.createElement(Searchkit.HierarchicalMenuFilter, {
          id: "versions", title: "Versions", fields: ["target.os", "target.version"], size: 5,
        }),
        React.createElement(Searchkit.RangeFilter, {
          id: "bytes", field: "download.size", title: "Size",
          min: 0, max: 12000000, interval: 1000000, showHistogram: true,
        }),
        React.createElement(Searchkit.NumericRefinementListFilter, {
          id: "number", field: "build.number", title: "Build",
          options: [{ title: "All" }, { title: "first", from: 1, to: 2 }, { title: "later", from: 2 }],
        }),
        React.createElement(Searchkit.CheckboxFilter, {
          id: "built", title: "Built", label: "has a build",
          filter: Searchkit.ExistsQuery("build.id"),
        }),
        React.createElement(Searchkit.Hits, {
          hitsPerPage: 5,
          scrollTo: false,
          highlightFields: ["source.product", "target.version"],
          sourceFilter: ["source.product", "target.version", "download.date"],
        }),
        React.createElement(Searchkit.NoHits, { suggestionsField: "title" }),
        React.createElement(Searchkit.SortingSelector, {
          options: [
            { label: "Newest", field: "download.date", order: "desc", key: "new", defaultOption: true },
            {
              label: "Version", key: "version",
              fields: [{ field: "target.version.order", options: { order: "desc" } }, { field: "id" }],
            },
          ],
        }),
        React.createElement(Searchkit.Pagination, { showNumbers: true }),
        React.createElement(Searchkit.ResetFilters),
        React.createElement(Searchkit.SelectedFilters)
      )
    )
  );
  const send = searchkit.transport.search.bind(searchkit.transport);
  searchkit.transport.search = async (body) => {
    const answer = await send(body);
    steps[steps.length - 1].body = body;
    steps[steps.length - 1].answer = answer;
    return JSON.parse(JSON.stringify(answer));
  };
  return searchkit;
}

async function step(searchkit, name, act) {
  steps.push({ name });
  act(
    (type, key) =>
      searchkit
        .getAccessorsByType(Searchkit[type])
        .find((accessor) => key === undefined || accessor.key === key)
  );
  await searchkit.performSearch();
  if (!steps[steps.length - 1].answer) throw new Error(`${name}: nothing was sent, or it failed`);
}

function choose(accessor, ...values) {
  for (const value of values) accessor.state = accessor.state.toggle(value);
}

async function main(url) {
  const page = makePage(url, { queryBuilder: Searchkit.SimpleQueryString, operator: "and" });
  const go = (name, act) => step(page, name, act);
  await go("the page opens", () => {});
  await go("a word is typed", () => page.getQueryAccessor().setQueryString("fennec"));
  await go("another word is typed", () => page.getQueryAccessor().setQueryString("fennec win32"));
  await go("nothing matches", () => page.getQueryAccessor().setQueryString("fenec"));
  await go("the text is taken away", () => page.getQueryAccessor().setQueryString(""));
  await go("a channel is chosen", (find) => {
    const menu = find("FacetAccessor", "target.channel");
    menu.state = menu.state.setValue(["beta"]);
  });
  await go("a product is chosen", (find) => choose(find("FacetAccessor", "source.product"), "firefox"));
  await go("two platforms are chosen", (find) =>
    choose(find("FacetAccessor", "target.platform"), "win32", "macosx"));
  await go("a platform is let go", (find) => choose(find("FacetAccessor", "target.platform"), "macosx"));
  await go("a locale is chosen too", (find) => choose(find("FacetAccessor", "target.locale"), "fr"));
  await go("everything is reset", () => page.resetState());
  await go("a system is opened", (find) => {
    const menu = find("HierarchicalFacetAccessor");
    menu.state = menu.state.toggleLevel(0, "mac");
  });
  await go("a version below it is chosen", (find) => {
    const menu = find("HierarchicalFacetAccessor");
    menu.state = menu.state.toggleLevel(1, "56.0");
  });
  await go("a range of sizes is drawn, nothing else chosen", (find) => {
    page.resetState();
    const range = find("RangeAccessor");
    range.state = range.state.setValue({ min: 3000000, max: 6000000 });
  });
  await go("an option and a box are ticked", (find) => {
    const options = find("NumericOptionsAccessor");
    const later = options.options.options.find(({ title }) => title === "later");
    choose(options, later.key);
    const box = find("CheckboxFilterAccessor");
    box.state = box.state.setValue(true);
  });
  await go("sorted by version", (find) => {
    page.resetState();
    const sorting = find("SortingAccessor");
    sorting.state = sorting.state.setValue("version");
  });
  await go("the second page", (find) => {
    const pages = find("PaginationAccessor");
    pages.state = pages.state.setValue(2);
  });
  await go("more of a facet is shown", (find) => {
    find("FacetAccessor", "source.product").size = 100;
  });

  const old = makePage(url, { queryBuilder: Searchkit.QueryString, operator: "or" });
  await step(old, "a query is typed in Lucene's syntax", () =>
    old.getQueryAccessor().setQueryString('target.os:mac AND (fennec OR thunderbird) -"56.0"'));
  console.log(JSON.stringify(steps));
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
