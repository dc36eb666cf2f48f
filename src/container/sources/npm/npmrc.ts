export type Variables = Readonly<Record<string, string | undefined>>;

/** What npm's configuration files say, later files stronger; keys as they stand. */
export type NpmSettings = ReadonlyMap<string, string>;

/** Reads the text of `.npmrc` files, the weakest first; `${NAME}` stands for a variable of the environment. */
export function parseNpmrc(texts: readonly string[], env: Variables): NpmSettings {
  const settings = new Map<string, string>();
  for (const line of texts.flatMap((text) => text.split(/\r?\n/))) {
    const match = /^\s*([^\s;#=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const [, key = '', value = ''] = match;
    settings.set(expand(key, env), expand(unquote(value), env));
  }
  return settings;
}

/**
 * The header that a registry wants from this user, found as npm finds it: by the address without its scheme, from the
 * longest path up to the host. Nothing where no credentials are set for it.
 */
export function authorizationFor(url: string, settings: NpmSettings): string | undefined {
  const { host, pathname } = new URL(url);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  for (let length = segments.length; length >= 0; length -= 1) {
    const path = segments.slice(0, length).map((segment) => `${segment}/`);
    for (const prefix of [`//${host}/${path.join('')}`, `//${host}/${path.join('').replace(/\/$/, '')}`]) {
      const found = credentials(prefix, settings);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function credentials(prefix: string, settings: NpmSettings): string | undefined {
  const setting = (name: string): string | undefined => settings.get(`${prefix}:${name}`);
  const token = setting('_authToken');
  if (token) return `Bearer ${token}`;
  const basic = setting('_auth');
  if (basic) return `Basic ${basic}`;
  const [username, password] = [setting('username'), setting('_password')];
  if (!username || !password) return undefined;
  return `Basic ${Buffer.from(`${username}:${Buffer.from(password, 'base64').toString()}`).toString('base64')}`;
}

/** A variable that is not set leaves its place as it stands, as npm does. */
function expand(text: string, env: Variables): string {
  return text.replace(
    /\$\{([^}?]+)(\?)?\}/g,
    (whole, name: string, optional?: string) => env[name] ?? (optional ? '' : whole),
  );
}

function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}
