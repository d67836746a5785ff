// Prints the locales of a version, one a line: node locales.js SERVER VERSION
const KintoClient = require("kinto-http").default;

async function main([server, version]) {
  const client = new KintoClient(server);
  const { data } = await client
    .bucket("build-hub")
    .collection("releases")
    .listRecords({ filters: { "target.version": version } });
  for (const locale of new Set(data.map((record) => record.target.locale))) {
    console.log(locale);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
