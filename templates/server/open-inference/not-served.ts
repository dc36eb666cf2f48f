/** What Triton's clients also ask for and this server does not do, with the reason why not. */
const STATELESS = 'one model is in this image, and nothing of it changes over the network';
const SHARED_MEMORY = 'shared memory is not served; send the data with the request';
const CONFIGURATION = 'there is no Triton configuration; the model metadata have the signature';
const STATISTICS = 'statistics are metrics here, in the form of Prometheus at /metrics of the HTTP port';

export const NOT_SERVED_METHODS: Readonly<Record<string, string>> = {
  ModelConfig: CONFIGURATION,
  ModelStatistics: STATISTICS,
  RepositoryModelLoad: STATELESS,
  RepositoryModelUnload: STATELESS,
  TraceSetting: STATELESS,
  LogSettings: STATELESS,
  SystemSharedMemoryStatus: SHARED_MEMORY,
  SystemSharedMemoryRegister: SHARED_MEMORY,
  SystemSharedMemoryUnregister: SHARED_MEMORY,
  CudaSharedMemoryStatus: SHARED_MEMORY,
  CudaSharedMemoryRegister: SHARED_MEMORY,
  CudaSharedMemoryUnregister: SHARED_MEMORY,
};

export const NOT_SERVED_PATHS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^\/v2\/models\/(?:[^/]+\/)?(?:versions\/[^/]+\/)?stats$/, why: STATISTICS },
  { pattern: /^\/v2\/models\/[^/]+\/(?:versions\/[^/]+\/)?config$/, why: CONFIGURATION },
  { pattern: /^\/v2\/repository\/models\/[^/]+\/(?:un)?load$/, why: STATELESS },
  { pattern: /^\/v2\/(?:models\/[^/]+\/)?trace\/setting$|^\/v2\/logging$/, why: STATELESS },
  { pattern: /^\/v2\/(?:system|cuda)sharedmemory\//, why: SHARED_MEMORY },
];
