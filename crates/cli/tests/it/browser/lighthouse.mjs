// What Lighthouse says of pages: the share of full marks in each of its categories, and what each loses them by.
//
// Given one JSON document: the address and the paths. Each page is opened in a phone's size, with a phone's network and processor, as
// Lighthouse plays them.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const job = JSON.parse(process.argv[2]);
const require = createRequire(join(job.modules, 'package.json'));
const { chromium } = require('playwright-core');
const { default: lighthouse } = await import(pathToFileURL(join(job.modules, 'node_modules/lighthouse/core/index.js')));

const port = job.port;
const browser = await chromium.launch({
    executablePath: job.chromium,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--remote-debugging-port=${port}`],
});
const categories = ['performance', 'accessibility', 'best-practices', 'seo'];
const told = [];
for (const path of job.paths) {
    const { lhr } = await lighthouse(job.address + path, { port, logLevel: 'silent', onlyCategories: categories });
    const marks = Object.fromEntries(categories.map((name) => [name, lhr.categories[name].score]));
    const lost = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 0.9).map((audit) => audit.id);
    told.push({ path, marks, lost, error: lhr.runtimeError ?? null });
}
await browser.close();
console.log(JSON.stringify({ told }));
