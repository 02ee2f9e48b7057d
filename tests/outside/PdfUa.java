import java.io.File;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Asks veraPDF whether each file is PDF/UA-1; tells what is not, and exits with 1 if anything is. */
class PdfUa {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        var flavour = PDFAFlavour.PDFUA_1;
        boolean sound = files.length > 0;
        for (String file : files) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file), flavour)) {
                var result = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
                var failed = new TreeMap<String, Integer>();
                for (TestAssertion each : result.getTestAssertions()) {
                    failed.merge(each.getRuleId().getClause() + " " + each.getMessage(), 1, Integer::sum);
                }
                System.out.printf("%s: %s %s%n", file, result.isCompliant() ? "PDF/UA-1" : "not PDF/UA-1", failed);
                sound &= result.isCompliant();
            }
        }
        System.exit(sound ? 0 : 1);
    }
}
