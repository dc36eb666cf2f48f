"""Tickets on which a text model and its export are likeliest to disagree, each with a name."""

ODD_TICKETS = {
    # Nothing to hold on to: every token count is zero.
    "empty": "",
    "space-only": "   ",
    "whitespace-only": " \t\r\n\u00a0\u3000\u2003 ",
    "punctuation-only": "?!... -- !!! ;;; (((",
    "emoji-only": "🎉🎉🎉",
    "unknown-words-only": "zyxwv qponm",
    # Single letters, digits and joiners inside words.
    "single-letters": "I a x É z 1 日",
    "digits": "500 404 2fa 1234567890 ١٢٣ Ⅳ ½ ²",
    "underscores": "error_500 __init__ _ app_crashes delete_all_data",
    "apostrophes": "can't won't it's O'Neil can’t l’application ‘quoted’",
    "dashes": "sign-in sign–in sign—in sign\u2011in sign\u00adin e−mail",
    "line-breaks": "the app\ncrashes\r\nwhen\tI open\u2028the\u0085camera\vpage\fnow",
    "urls-and-addresses": "see https://example.com/a?b=1&c=%20 and mail anna@example.com re: order #12345",
    "markup": '<p>The <b>invoice</b> &amp; refund</p><!-- cancel --> {"app": "crash"}',
    # Case.
    "shouting": "I WANT TO CANCEL MY SUBSCRIPTION NOW!!!",
    "alternating-case": "ThE aPp CrAsHeS wHeN i OpEn ThE cAmErA pAgE",
    "upper-case-accents": "J'AI ÉTÉ DÉBITÉ DEUX FOIS, ÀÉÎÕÜ",
    "lower-case-accents": "j'ai été débité deux fois, àéîõü",
    "turkish-dotted-i": "İade İSTANBUL ısıtıcı IŞIK İnvoice cancelİ REFUNDİ",
    "kelvin-and-angstrom-signs": "bro\u212aen loc\u212a bloc\u212aed \u212bccount \u212binvoice",
    "german-sharp-s": "die Straße GROẞE STRASSE heiß, ich möchte eine Rückerstattung",
    "greek-final-sigma": "ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ refund ΑΣ",
    "titlecase-digraphs": "ǅ ǆ Ǆ ǈ refund ﬁle oﬃce",
    # Composed and decomposed, wide and narrow.
    "accents-composed": "mot de passe oublié, résilier, données",
    "accents-decomposed": "mot de passe oublie\u0301, re\u0301silier, donne\u0301es",
    "stacked-combining-marks": "r\u0336\u0337e\u0301\u0302\u0303fund z\u0351\u036b\u0343algo",
    "fullwidth-forms": "ＲＥＦＵＮＤ ｒｅｆｕｎｄ ５００ ｶﾞ",
    "mathematical-letters": "𝐫𝐞𝐟𝐮𝐧𝐝 𝓬𝓪𝓷𝓬𝓮𝓵 refund",
    # Scripts.
    "japanese": "アプリが落ちます。返金してください。",
    "japanese-and-english": "cameraの電源が入りません error500です",
    "japanese-half-sentence": "パスワードpasswordを忘れました",
    "chinese-beyond-the-basic-plane": "退款 𠮷野家 𠀋 返金",
    "korean": "환불해 주세요 refund 앱이 꺼져요",
    "cyrillic": "Не могу войти в аккаунт, ВЕРНИТЕ ДЕНЬГИ",
    "arabic-and-hebrew": "أريد استرداد المال refund אני רוצה לבטל",
    "devanagari": "मुझे धनवापसी चाहिए refund",
    # Emoji and other things that are invisible or made of several code points.
    "emoji-between-words": "refund🙏please 😡camera😡broken👍🏽",
    "joined-emoji": "👩\u200d💻 app crashes 🏳️\u200d🌈 👨\u200d👩\u200d👧 lo\u200dgin",
    "zero-width-characters": "re\u200bfund can\u200ccel log\u2060in \ufeffinvoice",
    "direction-marks": "\u202erefund\u202c \u200finvoice\u200e",
    # No U+0000: onnxruntime's binding for Node ends a string there without a word, Python's does not.
    "control-characters": "re\u0001fund \u001b[31mcancel\u001b[0m \u007finvoice",
    "noncharacters-and-private-use": "refund\ufffe \uffffcancel \ue000invoice \U0010ffffcamera",
    "replacement-character": "caf\ufffd refund \ufffd\ufffd",
    # Size.
    "one-long-word": "refund" * 500,
    "very-long": "The camera does not turn on, please send a replacement. " * 150,
}
