// What people come for, from page to page by links and forms, with scripts switched off.

export const signIn = async (page, site) => {
    await page.goto(`${site.address}/sign-in`);
    if (site.login) {
        await page.getByLabel('Login').fill(site.login);
        await page.getByLabel('Password').fill(site.password);
        await page.getByRole('button', { name: 'Go on' }).click();
    } else {
        await page.getByLabel(/token/i).fill(site.token);
        await page.getByRole('button', { name: 'Sign in' }).click();
    }
    await page.waitForURL(site.landing ?? '**/desk');
};

const heading = (page) => page.locator('h1').textContent();

const told = {
    'what senses here, and the act behind it': async (page, { address }) => {
        await page.goto(address);
        await page.locator('.card h3 a').first().click();
        await page.locator('.acts a').first().click();
        return new URL(page.url()).pathname;
    },
    'what is near a place': async (page, { address }) => {
        await page.goto(address);
        await page.getByRole('navigation').getByRole('link', { name: 'Near me' }).click();
        await page.getByLabel('Place', { exact: true }).selectOption({ index: 1 });
        await page.getByRole('button', { name: 'Show what is near' }).click();
        return page.locator('#found').textContent();
    },
    'a search that finds nothing says so': async (page, { address }) => {
        await page.goto(`${address}/search`);
        await page.getByRole('searchbox').fill('zeppelin');
        await page.getByRole('button', { name: 'Search' }).click();
        return page.locator('#found').textContent();
    },
    'a wrong position is told beside its field': async (page, { address }) => {
        await page.goto(`${address}/near`);
        await page.getByLabel('Latitude (north)').fill('north');
        await page.getByRole('button', { name: 'Show what is near' }).click();
        return page.locator('#lat-wrong').textContent();
    },
    'signed in, asked in SQL, signed out': async (page, { signed }) => {
        await signIn(page, signed);
        await page.goto(`${signed.address}/sql`);
        await page.locator('textarea').fill('SELECT count(*) AS n FROM air.measurements');
        await page.getByRole('combobox').first().selectOption('air-quality');
        await page.getByRole('button', { name: 'Ask', exact: true }).first().click();
        const cell = await page.locator('main table td').first().textContent();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.goto(`${signed.address}/desk`);
        return `${cell}, then: ${await heading(page)}`;
    },
};

export const journeys = async (page, where) => {
    const ended = {};
    for (const [name, walk] of Object.entries(told)) {
        ended[name] = (await walk(page, where)).trim();
    }
    return ended;
};
