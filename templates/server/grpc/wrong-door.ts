/** What is said to a client that speaks no gRPC. */
export function sayWrongDoor(httpPort: number): string {
  return `this port speaks gRPC, which is HTTP/2; the same model is served over HTTP/1.1 on port ${httpPort}\n`;
}

/** The same as an answer of HTTP/1. */
export function renderWrongDoor(text: string): string {
  return `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}
