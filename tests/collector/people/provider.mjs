// The OpenID provider `oidc-provider` (npm) for the tests. Its argument is the folder with node_modules; clients
// and accounts come as JSON on standard input; it prints its issuer. PKCE is required.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import http from 'node:http';

const require = createRequire(process.argv[2] + '/');
const { default: Provider } = await import(require.resolve('oidc-provider'));
const told = JSON.parse(readFileSync(0, 'utf8'));

const server = http.createServer((request, response) => handler(request, response));
let handler = (_, response) => response.end();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: told.clients,
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'district_id'] },
    conformIdTokenClaims: told.conform ?? true,
    pkce: { required: () => true },
    cookies: { keys: ['only for tests'] },
    features: { devInteractions: { enabled: true } },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...told.accounts[id] }) }),
  });
  handler = provider.callback();
  console.log(issuer);
});
