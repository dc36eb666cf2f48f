import { type Entry, fileOf } from '../../tree.ts';

/** The user that images run as. */
export const NONROOT_ID = 65532;

/** Folders that a running system wants, empty; only `tmp` may be written to by all. */
const FOLDERS: Readonly<Record<string, number>> = {
  dev: 0o755,
  etc: 0o755,
  proc: 0o755,
  root: 0o755,
  run: 0o755,
  sys: 0o755,
  tmp: 0o1777,
  'usr/bin': 0o755,
  'usr/sbin': 0o755,
};

const PASSWD = `root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
nonroot:x:${NONROOT_ID}:${NONROOT_ID}:nonroot:/:/usr/sbin/nologin
`;

const GROUP = `root:x:0:
nogroup:x:65534:
nonroot:x:${NONROOT_ID}:
`;

const NSSWITCH = `passwd: files
group: files
hosts: files dns
networks: files
protocols: files
services: files
`;

/** What the packages' own scripts would have made, had they run: accounts, the order of name services, empty folders. */
export function writtenFiles(): readonly Entry[] {
  return [
    ...Object.entries(FOLDERS).map(([path, mode]): Entry => ({ kind: 'directory', path, mode })),
    fileOf('etc/passwd', PASSWD),
    fileOf('etc/group', GROUP),
    fileOf('etc/nsswitch.conf', NSSWITCH),
  ];
}

/** Where programs look for the certificates of authorities; `SSL_CERT_FILE` names it to those that do not. */
export const CERTIFICATE_BUNDLE = 'etc/ssl/certs/ca-certificates.crt';

/** All certificates in one file, in the order of their paths. */
export function certificateBundle(certificates: ReadonlyMap<string, string>): string {
  return [...certificates]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => `${text.trimEnd()}\n`)
    .join('');
}
