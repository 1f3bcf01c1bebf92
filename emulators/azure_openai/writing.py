"""The emulator's pen: rules that work on the given text, so that readers see their own words."""

import re
from collections.abc import Callable

from emulators.azure_openai.words import Language, language_asked, language_of

LONG_SENTENCE = 9
VERY_LONG_SENTENCE = 20
LEAST_CLAUSE = 3
LEAST_HALF = 6
SUMMARY_SENTENCES = 3

TASKS = {
    "simplify": ("simplif", "förenkla", "forenkl", "lättläst", "lettlest", "easy to read", "plain language"),
    "summarise": ("summar", "sammanfatta", "sammendrag", "oppsummer"),
    "translate": ("translat", "översätt", "oversett"),
    "proofread": ("proofread", "korrektur", "rättstav", "rettskriv", "spelling", "språkgransk"),
    "explain": ("explain", "förklara", "forklar"),
}


def task_of(instruction: str) -> str:
    lowered = instruction.lower()
    named = re.search(r"task:\s*([a-z]+)", lowered)
    wanted = named.group(1) if named else lowered
    places = {
        task: min((at for sign in signs if (at := wanted.find(sign)) >= 0), default=len(wanted) + 1)
        for task, signs in TASKS.items()
    }
    return min(places, key=lambda task: places[task])


def notice(instruction: str, given: str) -> str:
    return _answering_language(instruction, given).notice


def answer(instruction: str, given: str) -> str:
    work: dict[str, Callable[[str, str], str]] = {
        "simplify": lambda _, text: simplify(text),
        "summarise": lambda _, text: summarise(text),
        "translate": translate,
        "proofread": lambda _, text: proofread(text),
        "explain": lambda _, text: explain(text),
    }
    return work[task_of(instruction)](instruction, given.strip())


def _answering_language(instruction: str, given: str) -> Language:
    if task_of(instruction) == "translate":
        return language_asked(instruction) or language_of(given)
    return language_of(given)


def simplify(text: str) -> str:
    language = language_of(text)
    paragraphs = (part for part in re.split(r"\n\s*\n", text) if part.strip())
    return "\n\n".join(_simpler_paragraph(part, language) for part in paragraphs)


def summarise(text: str) -> str:
    language = language_of(text)
    firsts = [sentences(part)[0] for part in re.split(r"\n\s*\n", text) if sentences(part)]
    if len(firsts) < SUMMARY_SENTENCES:
        firsts = sentences(text)[:SUMMARY_SENTENCES]
    return " ".join(_simpler_sentence(sentence, language) for sentence in firsts[:SUMMARY_SENTENCES])


def translate(instruction: str, text: str) -> str:
    return f"{_answering_language(instruction, text).untranslated}\n\n{text}"


def proofread(text: str) -> str:
    tidy = re.sub(r"[ \t]+", " ", text)
    tidy = re.sub(r" +([,.;:!?])", r"\1", tidy)
    tidy = re.sub(r"\b(\w+) \1\b", r"\1", tidy)
    tidy = re.sub(r"(^|[.!?]\s+|\n)([a-zåäöæø])", lambda found: found[1] + found[2].upper(), tidy)
    return tidy if re.search(r"\W$", tidy) else f"{tidy}."


def explain(text: str) -> str:
    language = language_of(text)
    hard = [word for word, plain in language.plain.items() if plain and re.search(rf"\b{word}\b", text, re.IGNORECASE)]
    simple = simplify(text)
    if not hard:
        return simple
    lines = "\n".join(f"- {word} {language.means} {language.plain[word]}" for word in hard)
    return f"{simple}\n\n{language.hard_words}\n{lines}"


def sentences(text: str) -> list[str]:
    parts = re.split(r"(?<=[.!?])\s+(?=[^\W\d_a-zåäöæø]|\[)", text.strip())
    return [part.strip() for part in parts if part.strip()]


def _simpler_paragraph(paragraph: str, language: Language) -> str:
    lines = (sentences(line) for line in paragraph.splitlines() if line.strip())
    return "\n".join(" ".join(_simpler_sentence(one, language) for one in line) for line in lines)


def _simpler_sentence(sentence: str, language: Language) -> str:
    clauses = _split_at_joins(_without_asides(sentence), language)
    halves = [half for clause in clauses for half in _split_in_half(clause)]
    return " ".join(_finished(_plain_words(half, language)) for half in halves)


def _without_asides(sentence: str) -> str:
    """A bracketed aside goes; square brackets stay, they stand for hidden names."""
    return re.sub(r"\s*\([^()\[\]]{4,}\)", "", sentence) if _length(sentence) > LONG_SENTENCE else sentence


def _split_at_joins(sentence: str, language: Language) -> list[str]:
    if _length(sentence) <= LONG_SENTENCE:
        return [sentence]
    joins = "|".join(sorted(language.openers, key=len, reverse=True))
    for found in re.finditer(rf"(?:,|;)\s+({joins})\s+|;\s+", sentence, re.IGNORECASE):
        before, after = sentence[: found.start()], sentence[found.end() :]
        if min(_length(before), _length(after)) >= LEAST_CLAUSE:
            opener = language.openers[found[1].lower()] if found[1] else ""
            rest = f"{opener} {after}".strip()
            return [before, *_split_at_joins(rest, language)]
    return [sentence]


def _split_in_half(clause: str) -> list[str]:
    """A clause still very long breaks at the comma nearest its middle."""
    if _length(clause) <= VERY_LONG_SENTENCE:
        return [clause]
    commas = [found.start() for found in re.finditer(r",\s", clause)]
    fitting = [at for at in commas if min(_length(clause[:at]), _length(clause[at:])) >= LEAST_HALF]
    if not fitting:
        return [clause]
    middle = min(fitting, key=lambda at: abs(at - len(clause) // 2))
    return [*_split_in_half(clause[:middle]), *_split_in_half(clause[middle + 1 :].strip())]


def _plain_words(clause: str, language: Language) -> str:
    difficult = "|".join(sorted(map(re.escape, language.plain), key=len, reverse=True))

    def plain(found: re.Match[str]) -> str:
        word = language.plain[found[0].lower()]
        return word[:1].upper() + word[1:] if found[0][0].isupper() else word

    simpler = re.sub(rf"(?<![\w\[-])(?:{difficult})(?![\w\]-])", plain, clause, flags=re.IGNORECASE)
    return re.sub(r" +", " ", re.sub(r" +(?=[,.])", "", simpler)).lstrip(" ,")


def _finished(clause: str) -> str:
    clause = clause.strip().rstrip(",;")
    clause = clause[:1].upper() + clause[1:]
    return clause if re.search(r"[.!?:…\"”»)\]]$", clause) else f"{clause}."


def _length(text: str) -> int:
    return len(text.split())
