import { localeNeeds } from '../../operators/locales.ts';
import { nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/locale',
  severity: 'note',
  title: 'Text operators find their locale',
  explanation:
    'StringNormalizer changes case by the rules of a locale, en_US.UTF-8 unless told otherwise. Slim images have only C.UTF-8, and the session fails to start where the locale is missing. The image that is packed here carries the locale.',
  mend: 'Convert with the locale C.UTF-8 (`options={id(tfidf): {"locale": "C.UTF-8"}}` in skl2onnx), or put the locale on the machine.',
  source: 'ONNX operator StringNormalizer. The runtime: "Failed to construct locale with name".',
  *check({ nodes, locales }) {
    for (const at of nodes) {
      const locale = at.place.reached ? localeNeeds(at.node) : undefined;
      if (locale === undefined) continue;
      const message = `StringNormalizer "${at.label}" needs the locale ${locale}`;
      const location = nodeLocation(at);
      if (locales && !locales.some((known) => sameLocale(known, locale))) {
        yield { message: `${message}; there are ${locales.join(', ')}`, location, severity: 'error' };
      } else yield { message, location };
    }
  },
};

/** glibc writes the encoding in several ways: `en_US.utf8` is `en_US.UTF-8`. */
function sameLocale(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replaceAll('-', '');
  return plain(a) === plain(b);
}
