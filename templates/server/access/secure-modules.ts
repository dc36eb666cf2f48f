/** Node's TLS, loaded when it is asked for: 2 MiB, which a server without certificates does without. */
export const tls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

/** Node's HTTPS, which brings TLS with it. */
export const https = (): typeof import('node:https') => process.getBuiltinModule('node:https');
