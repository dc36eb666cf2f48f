// What a client and the loopback cost without any server: takes so many bytes for a question and sends the same prepared answer, reading
// neither. Prints its port. Usage: QUESTION_BYTES ANSWER_FILE
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const [bytes, file] = process.argv.slice(2);
const questionBytes = Number(bytes);
const answer = readFileSync(file);
let joined = answer;

const server = createServer({ noDelay: true }, (socket) => {
  let read = 0;
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    read += piece.length;
    const count = Math.floor(read / questionBytes);
    read -= count * questionBytes;
    // To a pipeline, all that has been asked for in one piece.
    if (joined.length < count * answer.length) joined = Buffer.concat(Array.from({ length: count }, () => answer));
    if (count > 0) socket.write(joined.subarray(0, count * answer.length));
  });
}).listen(0, '127.0.0.1', () => console.log(server.address().port));
