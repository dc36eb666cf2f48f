/** What an image is built for, as the OCI image specification names it. */
export type Platform = 'linux/amd64' | 'linux/arm64';

export interface PlatformFacts {
  readonly os: 'linux';
  readonly architecture: 'amd64' | 'arm64';
  /** The OCI variant field, where one is customary. */
  readonly variant?: 'v8';
  readonly debianArchitecture: 'amd64' | 'arm64';
  /** Debian's multiarch folder below `usr/lib`. */
  readonly multiarch: 'x86_64-linux-gnu' | 'aarch64-linux-gnu';
  /** npm's name for the processor, as in the `node-linux-*` packages and onnxruntime-node's folders. */
  readonly npmCpu: 'x64' | 'arm64';
  /** The program interpreter that ELF binaries of this platform name. */
  readonly loader: string;
}

export const PLATFORMS: Readonly<Record<Platform, PlatformFacts>> = {
  'linux/amd64': {
    os: 'linux',
    architecture: 'amd64',
    debianArchitecture: 'amd64',
    multiarch: 'x86_64-linux-gnu',
    npmCpu: 'x64',
    loader: '/lib64/ld-linux-x86-64.so.2',
  },
  'linux/arm64': {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    debianArchitecture: 'arm64',
    multiarch: 'aarch64-linux-gnu',
    npmCpu: 'arm64',
    loader: '/lib/ld-linux-aarch64.so.1',
  },
};

export const ALL_PLATFORMS = Object.keys(PLATFORMS) as readonly Platform[];
