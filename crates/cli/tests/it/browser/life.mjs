// Fills forms in as people do, one after the other, with scripts switched off, and tells what each page said at its end.
//
// Given one JSON document: the address, the tokens of parties, and the steps. `{draft}` in an address is where the first form led to.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { signIn } from './journeys.mjs';

const job = JSON.parse(process.argv[2]);
const { chromium } = createRequire(join(job.modules, 'package.json'))('playwright-core');
const browser = await chromium.launch({ executablePath: job.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

const fill = async (page, name, value) => {
    const fields = page.locator(`main [name="${name}"]`);
    const kind = await fields.first().evaluate((field) => field.type);
    if (kind === 'checkbox' || kind === 'radio') await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if (kind.startsWith('select')) await fields.selectOption(value);
    else await fields.fill(value);
};

// A form is sent before anything else is opened.
const press = (page, go) =>
    Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.locator(`main button[name="go"][value="${go}"]`).first().click()]);
const words = async (page) => (await page.locator('main').innerText()).replace(/\s+/g, ' ');

const told = [];
let [context, page, party, draft] = [null, null, null, null];
for (const step of job.steps) {
    if (step.as !== party) {
        await context?.close();
        context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 720 } });
        context.setDefaultTimeout(20_000);
        page = await context.newPage();
        await signIn(page, { address: job.address, token: job.tokens[step.as] });
        party = step.as;
    }
    await page.goto(job.address + step.open.replace('{draft}', draft));
    try {
        for (const [name, value] of step.fill) await fill(page, name, value);
        for (const go of step.press) await press(page, go);
    } catch (error) {
        throw new Error(`${JSON.stringify(step)}\n${await words(page)}`, { cause: error });
    }
    draft ??= new URL(page.url()).pathname;
    told.push({ open: step.open, ended: new URL(page.url()).pathname, said: await words(page) });
}
await browser.close();
console.log(JSON.stringify({ told }));
