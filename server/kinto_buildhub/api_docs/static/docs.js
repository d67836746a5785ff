// Swagger UI over the document beside the page.

const root = document.getElementById("api");

// Swagger UI quotes each text of a media type with "json" in its name; lines of JSON are sent as they
// are.
const plainLines = {
  afterLoad() {
    const { getSampleSchema } = this.fn;
    this.fn.getSampleSchema = (schema, mediaType, config, example) =>
      mediaType?.endsWith("ndjson") && typeof example === "string"
        ? example
        : getSampleSchema(schema, mediaType, config, example);
  },
};

SwaggerUIBundle({
  domNode: root,
  url: root.dataset.document,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [plainLines],
  layout: "BaseLayout",
  validatorUrl: null, // It would send the document to another site.
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
});
