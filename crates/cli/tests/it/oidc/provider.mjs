// A certified provider (oidc-provider) on this machine: whoever types a name is that person, under an address of that name.

import http from 'node:http';
import { pathToFileURL } from 'node:url';

const { modules, redirect, secret, host = '127.0.0.1' } = JSON.parse(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(`${modules}/node_modules/oidc-provider/lib/index.js`).href);
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
    const issuer = `http://${host}:${server.address().port}`;
    const provider = new Provider(issuer, {
        clients: [{ client_id: 'ordinance', client_secret: secret, redirect_uris: [redirect] }],
        pkce: { required: () => true },
        claims: { openid: ['sub'], email: ['email', 'email_verified'] },
        // Who somebody is stands in the token itself.
        conformIdTokenClaims: false,
        findAccount: (_, id) => ({
            accountId: id,
            claims: async () => ({ sub: id, email: `${id}@brookhaven.example`, email_verified: id !== 'unlooked' }),
        }),
    });
    server.on('request', provider.callback());
    process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
