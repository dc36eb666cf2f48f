"""Writes tickets.csv: support tickets of a shop that sells smart-home devices, an app and a subscription.

The same seed gives the same bytes on every machine. The tickets are meant to be hard: typos, shouting, filler, a second
subject in one ticket, tickets that say next to nothing, and a few that were filed under the wrong category.
"""

import argparse
import csv
import random
from pathlib import Path

# What customers say. {thing}, {days}, {money} and {order} are filled in at random.
COMPLAINTS = {
    "account": [
        "I cannot log in",
        "my password is not accepted any more",
        "the reset link never reaches my inbox",
        "I am locked out of my account after three attempts",
        "the verification code does not arrive",
        "how do I change the email address of my login",
        "two factor sign in keeps asking for a code",
        "my user name is already taken it says",
        "I lost my phone and cannot confirm the sign in",
    ],
    "app": [
        "the app crashes when I open the {thing} page",
        "since the last update the screen stays white",
        "the app shows error 500",
        "notifications come {days} hours late",
        "the widget does not refresh",
        "the app drains my battery",
        "I tap save and nothing happens",
        "the dark mode makes the text unreadable",
        "the app says offline although the wifi is fine",
        "the {thing} has vanished from the app",
    ],
    "billing": [
        "I was charged twice for {order}",
        "the invoice shows {money} instead of the agreed price",
        "my card was declined but the money is gone",
        "please send an invoice with our VAT number",
        "why did the price of my plan go up",
        "I still wait for the refund of {money}",
        "the discount code was not applied",
        "there is a payment of {money} that I do not recognise",
    ],
    "cancellation": [
        "I want to cancel my subscription",
        "please end my plan by the end of the month",
        "how do I stop the automatic renewal",
        "we no longer need the service",
        "please close my account",
        "I would like to downgrade to the free plan",
        "I cancelled {days} days ago and it is still active",
        "I withdraw from the contract",
        "cancel {order} before it ships",
    ],
    "delivery": [
        "{order} has not arrived",
        "the parcel is {days} days late",
        "tracking has not moved for {days} days",
        "the courier left the box at the wrong address",
        "I received somebody else's {thing}",
        "one {thing} is missing from the box",
        "can you ship {order} to another address",
        "the parcel was returned to you",
        "when will the {thing} be dispatched",
    ],
    "device": [
        "the {thing} does not turn on",
        "the {thing} is dead after {days} days",
        "the {thing} gets very hot",
        "the battery of the {thing} lasts {days} hours",
        "the {thing} loses the wifi all the time",
        "the {thing} blinks red and will not pair",
        "the {thing} makes a clicking noise",
        "the {thing} arrived with a broken screen",
        "I need a replacement for my {thing} under warranty",
    ],
    "feature-request": [
        "it would be great to have a {thing} schedule",
        "please add a dark mode",
        "could you support more languages",
        "I wish I could export my data as a spreadsheet",
        "an option to share the {thing} with my family would help",
        "will there be a widget",
        "do you plan an integration with other brands",
        "I miss a way to group every {thing}",
        "please let us pay by bank transfer",
    ],
    "privacy": [
        "please delete all data you hold about me",
        "what do you store about the {thing}",
        "who can see my recordings",
        "I want a copy of my personal data",
        "I did not agree to marketing emails",
        "do you sell data to third parties",
        "somebody else's recordings appear in my account",
        "remove my address from your records",
        "I think there was a login from another country",
    ],
}

# A small share of the inbox is not English.
COMPLAINTS_ABROAD = {
    "account": ["ich kann mich nicht anmelden", "mot de passe oublié", "パスワードを忘れました", "ログインできません"],
    "app": ["die App stürzt ab", "l'application plante au démarrage", "アプリが落ちます", "画面が真っ白です"],
    "billing": [
        "ich möchte eine Rückerstattung",
        "j'ai été débité deux fois",
        "二重に請求されました",
        "返金してください",
    ],
    "cancellation": [
        "ich möchte kündigen",
        "je souhaite résilier mon abonnement",
        "解約したいです",
        "契約を終了したい",
    ],
    "delivery": ["das Paket ist nicht angekommen", "le colis est en retard", "荷物が届きません", "配送が遅れています"],
    "device": [
        "das Gerät lässt sich nicht einschalten",
        "l'appareil est cassé",
        "電源が入りません",
        "本体が壊れました",
    ],
    "feature-request": [
        "könnten Sie Gruppen hinzufügen",
        "il manque un mode sombre",
        "機能を追加してください",
        "対応予定はありますか",
    ],
    "privacy": [
        "bitte löschen Sie meine Daten",
        "supprimez mes données",
        "個人情報を削除してください",
        "データの開示を求めます",
    ],
}

# Said about anything, so no hint of the category.
VAGUE = [
    "it does not work",
    "this is still not solved",
    "please see the screenshot",
    "I wrote to you before about this",
]
THINGS = ["camera", "thermostat", "doorbell", "lamp", "speaker", "lock", "sensor", "hub", "vacuum", "plug"]
OPENINGS = ["Hi,", "Hello,", "Dear support,", "Good morning!", "hey", "To whom it may concern,"]
FILLERS = [
    "I have been a customer for years.",
    "I tried to call but nobody answers.",
    "This is the second time.",
    "It is about {order}.",
    "I use it every day.",
    "It worked before.",
    "I am really disappointed :(",
    "I already restarted everything.",
    "My {thing} is fine otherwise.",
    "I paid {money} for it.",
]
CLOSINGS = [
    "Thanks!",
    "Please help",
    "Regards, Anna",
    "ASAP please!!!",
    "Thank you in advance",
    "🙏",
    "Best, José",
    "😡😡",
]

# Shares of the tickets that get each kind of difficulty.
ABROAD, SECOND_SUBJECT, ONLY_VAGUE, MISFILED, SHOUTED, LOWER_CASE = 0.06, 0.16, 0.015, 0.02, 0.08, 0.25
# Share of the words that get a typo.
TYPOS = 0.06


COUNT, SEED = 4000, 1912


def make_tickets(count, seed):
    """Gives `count` pairs of text and category."""
    rng = random.Random(seed)
    return [make_ticket(rng) for _ in range(count)]


def make_ticket(rng):
    categories = sorted(COMPLAINTS)
    category = rng.choice(categories)
    source = COMPLAINTS_ABROAD if rng.random() < ABROAD else COMPLAINTS
    sentences = [rng.choice(VAGUE if rng.random() < ONLY_VAGUE else source[category])]
    if rng.random() < SECOND_SUBJECT:
        sentences.append("also " + rng.choice(COMPLAINTS[rng.choice(categories)]))
    if rng.random() < 0.5:
        sentences.append(rng.choice(FILLERS))
    if rng.random() < 0.25:
        sentences.append(rng.choice(VAGUE))
    rng.shuffle(sentences)
    if rng.random() < 0.5:
        sentences.append(rng.choice(CLOSINGS))
    text = rng.choice([" ", " ", ", ", "\n", " - "]).join(sentences)
    if rng.random() < 0.5:
        text = rng.choice(OPENINGS) + " " + text
    text = change_case(misspell(fill_in(text, rng), rng), rng)
    return text, rng.choice(categories) if rng.random() < MISFILED else category


def fill_in(text, rng):
    return text.format(
        thing=rng.choice(THINGS),
        days=rng.randrange(2, 30),
        money=rng.choice(["€", "$", "£"]) + f"{rng.randrange(5, 400)}.{rng.randrange(100):02}",
        order=rng.choice(["order ", "my order ", "#"]) + str(rng.randrange(10_000, 99_999)),
    )


def misspell(text, rng):
    return " ".join(misspell_word(word, rng) if rng.random() < TYPOS else word for word in text.split(" "))


def misspell_word(word, rng):
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    return rng.choice([before + after, before + letter + letter + after, before + after[0] + letter + after[1:]])


def change_case(text, rng):
    draw = rng.random()
    if draw < SHOUTED:
        return text.upper()
    return text.lower() if draw < SHOUTED + LOWER_CASE else text[:1].upper() + text[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("tickets.csv"))
    arguments = parser.parse_args()
    with arguments.output.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["text", "category"])
        rows.writerows(make_tickets(arguments.count, arguments.seed))
    print(f"{arguments.output}: {arguments.count} tickets")


if __name__ == "__main__":
    main()
