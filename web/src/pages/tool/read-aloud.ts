/** Reads aloud with a voice on the reader's own device; voices that send the text elsewhere are left alone. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { spoken } from "../../parts/sentences";

/** `language` as its two letters: the page's own, or one of those that a text is translated into. */
function localVoice(language: string): SpeechSynthesisVoice | undefined {
  const wanted = language === "nb" ? ["nb", "no"] : [language];
  return speechSynthesis
    .getVoices()
    .find((voice) => voice.localService && wanted.includes(voice.lang.slice(0, 2).toLowerCase()));
}

export function useReadAloud(language: string) {
  const [reading, setReading] = useState(false);
  const [voiceless, setVoiceless] = useState(false);
  const supported = "speechSynthesis" in window;

  const stop = useCallback(() => {
    if (supported) speechSynthesis.cancel();
    setReading(false);
  }, [supported]);

  const read = useCallback(
    (text: string) => {
      const voice = localVoice(language);
      setVoiceless(voice === undefined);
      if (!voice) return;
      const words = new SpeechSynthesisUtterance(spoken(text));
      words.voice = voice;
      words.lang = voice.lang;
      words.onend = () => setReading(false);
      words.onerror = () => setReading(false);
      speechSynthesis.cancel();
      speechSynthesis.speak(words);
      setReading(true);
    },
    [language],
  );

  useEffect(() => stop, [stop]);
  return { supported, reading, voiceless, read, stop };
}
